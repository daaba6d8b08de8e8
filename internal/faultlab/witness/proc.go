//go:build linux

package witness

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// tick is the unit of times in /proc/PID/stat, USER_HZ, which is 100 on every machine that Go runs on.
const tick = time.Second / 100

// read reads what the kernel says of a process.
func read(pid int) (Sample, error) {
	s := Sample{At: time.Now(), Goroutines: -1, GCSeconds: -1}
	dir := fmt.Sprintf("/proc/%d/", pid)
	status, err := os.ReadFile(dir + "status")
	if err != nil {
		return s, err
	}
	// A process that has ended, but was not waited for, has no memory.
	rss, _ := field(status, "VmRSS")
	highWater, _ := field(status, "VmHWM")
	threads, err := field(status, "Threads")
	if err != nil {
		return s, err
	}
	s.RSS, s.HighWater, s.Threads = rss<<10, highWater<<10, int(threads)
	descriptors, err := os.ReadDir(dir + "fd")
	if err != nil {
		return s, err
	}
	s.Descriptors = len(descriptors)
	s.CPU, err = cpu(dir)
	return s, err
}

// field is the number of a line of /proc/PID/status, in its unit.
func field(status []byte, name string) (int64, error) {
	for line := range bytes.Lines(status) {
		if rest, ok := bytes.CutPrefix(line, []byte(name+":")); ok {
			if words := bytes.Fields(rest); len(words) > 0 {
				return strconv.ParseInt(string(words[0]), 10, 64)
			}
		}
	}
	return 0, fmt.Errorf("%s is missing", name)
}

// cpu is utime and stime of /proc/PID/stat, whose second field may hold spaces and ends with the last parenthesis.
func cpu(dir string) (time.Duration, error) {
	stat, err := os.ReadFile(dir + "stat")
	if err != nil {
		return 0, err
	}
	words := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(words) < 13 {
		return 0, fmt.Errorf("%sstat has %d fields", dir, len(words))
	}
	var sum time.Duration
	for _, word := range words[11:13] {
		n, err := strconv.ParseInt(string(word), 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(n) * tick
	}
	return sum, nil
}
