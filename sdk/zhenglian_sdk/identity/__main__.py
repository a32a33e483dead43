"""`python -m zhenglian_sdk.identity` is the command `zhenglian-identity`."""

from zhenglian_sdk.identity.service import main

if __name__ == "__main__":
    main()
