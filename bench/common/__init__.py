"""What the benchmarks share: taking turns, medians, load over sockets, a server to load; it measures nothing itself."""
