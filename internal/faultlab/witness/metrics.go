package witness

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// The metrics of Go programs that a witness reads.
const (
	goroutines = "go_goroutines"
	gcSeconds  = "go_cpu_classes_gc_total_cpu_seconds_total"
)

// maxMetrics bounds a page of metrics.
const maxMetrics = 16 << 20

// scrape adds to s what a page of metrics in the text format of Prometheus says.
func scrape(ctx context.Context, client *http.Client, url string, s *Sample) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(io.LimitReader(resp.Body, maxMetrics))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, resp.Status)
	}
	if v, ok := value(page, goroutines); ok {
		s.Goroutines = int(v)
	}
	if v, ok := value(page, gcSeconds); ok {
		s.GCSeconds = v
	}
	return nil
}

// value is that of a metric without labels.
func value(page []byte, name string) (float64, bool) {
	for line := range bytes.Lines(page) {
		words := bytes.Fields(line)
		if len(words) >= 2 && string(words[0]) == name {
			v, err := strconv.ParseFloat(string(words[1]), 64)
			return v, err == nil
		}
	}
	return 0, false
}
