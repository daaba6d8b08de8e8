package main

// heapFloor is memory that is never touched, and so takes none. The collector runs when the heap has doubled; a gateway's live heap is
// 2 MiB, so that without it the collector ran 85 times a second under load, each time emptying the pools of buffers, and took a
// third of the processor. With GOGC and GOMEMLIMIT it is tuned as ever. docs/performance.md has what this gave.
const heapFloor = 16 << 20

// raiseHeap makes the collector count heapFloor as live until the function that it returns is called.
func raiseHeap() (release func()) {
	floor := make([]byte, heapFloor)
	return func() { clear(floor[:1]) }
}
