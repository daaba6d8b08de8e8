package witness

import "time"

// Sample is a process at a time. Goroutines and GCSeconds are -1 when it has no metrics that say so.
type Sample struct {
	At time.Time
	// RSS is the memory that is resident, and HighWater the most that ever was, in bytes.
	RSS, HighWater int64
	Descriptors    int
	Threads        int
	Goroutines     int
	// GCSeconds is the CPU's time that the garbage collector has taken.
	GCSeconds float64
	// CPU is the time that the process has taken, its own and the kernel's.
	CPU time.Duration
}

// highest is the higher one of each figure.
func (s Sample) highest(other Sample) Sample {
	s.RSS, s.HighWater = max(s.RSS, other.RSS), max(s.HighWater, other.HighWater)
	s.Descriptors, s.Threads = max(s.Descriptors, other.Descriptors), max(s.Threads, other.Threads)
	s.Goroutines, s.GCSeconds = max(s.Goroutines, other.Goroutines), max(s.GCSeconds, other.GCSeconds)
	s.CPU = max(s.CPU, other.CPU)
	return s
}
