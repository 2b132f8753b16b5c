"""The hash chain and Merkle trees: plain values in, hashes out."""
