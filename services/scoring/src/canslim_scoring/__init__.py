"""The Dramatiq pool that computes RS Ratings and CAN SLIM scores."""
