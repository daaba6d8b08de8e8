package backend

import "time"

// Step is the grain of a [Series].
const Step = 100 * time.Millisecond

// Series counts events per [Step] of the clock, so that series of several processes can be added. Its zero value is empty.
//
//nolint:recvcheck // Add changes it, the others are of values
type Series struct {
	// First is the number of Counts[0]: how many steps there were since 1970.
	First  int64 `json:"first"`
	Counts []int `json:"counts"`
}

// maxSteps bounds a series at a day.
const maxSteps = int64(24 * time.Hour / Step)

// Add counts n events at a time. What is over a day away from the first is lost.
func (s *Series) Add(at time.Time, n int) {
	step := at.UnixNano() / int64(Step)
	if len(s.Counts) == 0 {
		s.First = step
	}
	if before := s.First - step; before > 0 && before < maxSteps {
		s.Counts = append(make([]int, before), s.Counts...)
		s.First = step
	}
	i := step - s.First
	if i < 0 || i >= maxSteps {
		return
	}
	for int64(len(s.Counts)) <= i {
		s.Counts = append(s.Counts, 0)
	}
	s.Counts[i] += n
}

// Plus is the sum of both.
func (s Series) Plus(other Series) Series {
	sum := Series{}
	for _, part := range []Series{s, other} {
		for i, n := range part.Counts {
			sum.Add(time.Unix(0, (part.First+int64(i))*int64(Step)), n)
		}
	}
	return sum
}

// Within is how many events there were from a time on for as long as d; both are rounded to steps.
func (s Series) Within(from time.Time, d time.Duration) int {
	sum, first := 0, from.UnixNano()/int64(Step)-s.First
	for i := max(first, 0); i < min(first+int64(d/Step), int64(len(s.Counts))); i++ {
		sum += s.Counts[i]
	}
	return sum
}

// Most is the highest number of events in any d.
func (s Series) Most(d time.Duration) int {
	most := 0
	for i := range s.Counts {
		most = max(most, s.Within(time.Unix(0, (s.First+int64(i))*int64(Step)), d))
	}
	return most
}

// Amplification is the highest ratio, in any d, of upstream's events to those of calls in the same time. Times with fewer than least
// calls do not count.
func Amplification(calls, upstream Series, d time.Duration, least int) float64 {
	worst := 0.0
	for i := range calls.Counts {
		from := time.Unix(0, (calls.First+int64(i))*int64(Step))
		if n := calls.Within(from, d); n >= max(least, 1) {
			worst = max(worst, float64(upstream.Within(from, d))/float64(n))
		}
	}
	return worst
}
