"""`python -m zhenglian_sdk.vault` is the command `zhenglian-vault`."""

from zhenglian_sdk.vault.service import main

if __name__ == "__main__":
    main()
