"""Entry of `canslim-collector`, configured by the environment alone."""

from canslim_infra.entry import enter


def main() -> None:
    enter("canslim_collector.main")


if __name__ == "__main__":
    main()
