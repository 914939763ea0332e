"""Entry of `canslim-api`, configured by the environment alone."""

from canslim_infra.entry import enter


def main() -> None:
    enter("canslim_api.main")


if __name__ == "__main__":
    main()
