package backend

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// control speaks to the control port of a server.
type control struct {
	client *http.Client
	url    string
}

func newControl(address string) *control {
	// Connections are not kept: a server that was restarted has others.
	return &control{client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, url: "http://" + address}
}

// post sends a body to a path.
func (c *control) post(ctx context.Context, path string, body []byte) error {
	return c.call(ctx, http.MethodPost, path, body, nil)
}

// call reads the answer as JSON into answer, unless that is nil.
func (c *control) call(ctx context.Context, method, path string, body []byte, answer any) error {
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return err
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("%s: %s: %s", path, resp.Status, bytes.TrimSpace(text))
	case answer == nil:
		return nil
	}
	return json.Unmarshal(text, answer)
}
