//go:build !race

package clients_test

// largeRequestBudget is what a 4 MiB request may allocate, in bytes.
const largeRequestBudget = 256 << 10
