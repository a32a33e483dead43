"""`python -m zhenglian_node` is `zhenglian-node`."""

from zhenglian_node.cli import main

if __name__ == "__main__":
    main()
