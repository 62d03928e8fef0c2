"""One chain client for many chains.

    profile, connection     which chain, checked before it is used
    accounts, signers       who signs
    outbox                  how a write leaves this machine: never lost, never done twice
    devnet                  the chain that runs here
    deployment, discovery   how a chain gets its contracts and its profile

Import from these modules: each loads web3 and eth-account when first needed, and not before.
"""
