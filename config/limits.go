package config

// What one Load reads. The bounds are far above any real configuration (a Kubernetes object is at most 1.5 MiB) and keep a wrong
// file (a model, a log, an alias bomb) from taking the gateway's memory.
const (
	maxFileBytes     = 8 << 20
	maxDocuments     = 10_000
	maxFiles         = 10_000
	maxDepth         = 64
	maxExpandedBytes = maxFileBytes // of one document, its aliases written out
)
