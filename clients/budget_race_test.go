//go:build race

package clients_test

// largeRequestBudget is what a 4 MiB request may allocate, in bytes. The race detector makes sync.Pool forget buffers at random, so
// under it the test shows only that the request is not copied.
const largeRequestBudget = 2 << 20
