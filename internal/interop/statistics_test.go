//go:build linux

package interop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// inferred is how many requests to a model the server has answered, as its own statistics have it.
func inferred(ctx context.Context, s *Server, model string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.HTTP+"/v2/models/"+model+"/stats", http.NoBody)
	if err != nil {
		return 0, err
	}
	client := http.Client{Timeout: 5 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var statistics struct {
		Models []struct {
			Count int `json:"inference_count"`
		} `json:"model_stats"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&statistics); err != nil {
		return 0, err
	}
	if len(statistics.Models) != 1 {
		return 0, errors.New("the statistics are not of one version of one model")
	}
	return statistics.Models[0].Count, nil
}

// inferredMoreThan is nil when the server has answered more than n requests to a model.
func inferredMoreThan(ctx context.Context, s *Server, model string, n int) error {
	got, err := inferred(ctx, s, model)
	if err == nil && got <= n {
		err = fmt.Errorf("%d inferences of %s", got, model)
	}
	return err
}
