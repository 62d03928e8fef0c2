# Source this in a shell to work by hand: `. scripts/toolchain/environment.sh`, from the repository's
# root. It puts the project's own programs first and shows Ape and py-solc-x the pinned compiler.
PATH="$PWD/.venv/bin:$PWD/node_modules/.bin:$PATH"
SOLCX_BINARY_PATH="$PWD/node_modules/.solc"
export PATH SOLCX_BINARY_PATH
