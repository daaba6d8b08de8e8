package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// get is the command's flags.
type get struct {
	admin  string
	output string
}

func newGetCommand() *cobra.Command {
	g := &get{}
	c := &cobra.Command{
		Use:   "get KIND",
		Short: "List what a running gateway serves, or calls",
		Long: `Asks a running gateway's admin edge what it serves: inferencegraphs (ig), inferenceservices (isvc), or models, which is every name
that answers, those of model servers included. Upstreams (up) are what it calls: the endpoints of every model server, and how they are
doing as far as calls have shown.

  STATE       of an endpoint: ready; connecting, or unreachable: its last connection failed; ejected: taken out for a while, for doing
              worse than the others; probing: it is out, and tried with one call; leaving: it is no address of the server any more
  CALLS       that ended since the gateway knows the endpoint, FAILED those of them that the endpoint failed
  LATENCY     mean, the latest calls counting most
  EJECTIONS   so far
  RETRIES     calls made again after a failure; MOVED: made elsewhere too, because an endpoint stalled; HEDGES: because they took long
  BUDGET      how many of those may come now; DENIED: how many there was none for
  QUEUED      calls that wait for room; REFUSED: those that got none

What the numbers mean, and what to do about them: docs/upstreams.md.`,
		Example: `  manifold get inferencegraphs
  manifold get models --output json
  manifold get isvc --admin 127.0.0.1:9002
  watch manifold get upstreams`,
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: validKinds(),
		RunE:      func(c *cobra.Command, args []string) error { return g.run(c, args[0]) },
	}
	c.Flags().StringVar(&g.admin, "admin", "localhost:8002", "address of the gateway's admin edge")
	c.Flags().StringVarP(&g.output, "output", "o", "table", "table or json")
	return c
}

func (g *get) run(c *cobra.Command, name string) error {
	out := c.OutOrStdout()
	for _, k := range kinds() {
		if slices.Contains(k.names, name) {
			return k.show(c.Context(), g, out)
		}
	}
	return fmt.Errorf("%q is no kind of resource; it is one of %s", name, strings.Join(validKinds(), ", "))
}

// kind is what can be listed: its names, the first of which is the admin edge's, and how it is shown.
type kind struct {
	names []string
	show  func(ctx context.Context, g *get, out io.Writer) error
}

func kinds() []kind {
	return []kind{
		{[]string{"inferencegraphs", "inferencegraph", "ig"}, shown("inferencegraphs", printNames)},
		{[]string{"inferenceservices", "inferenceservice", "isvc"}, shown("inferenceservices", printNames)},
		{[]string{"models", "model"}, shown("models", printNames)},
		{[]string{"upstreams", "upstream", "up"}, shown("upstreams", printUpstreams)},
	}
}

func validKinds() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.names...)
	}
	return names
}

// shown shows rows of a kind as JSON or as a table.
func shown[R any](kind string, table func(io.Writer, []R, time.Time) error) func(context.Context, *get, io.Writer) error {
	return func(ctx context.Context, g *get, out io.Writer) error {
		var rows []R
		if err := g.fetch(ctx, kind, &rows); err != nil {
			return err
		}
		switch g.output {
		case "table":
			return table(out, rows, time.Now())
		case "json":
			e := json.NewEncoder(out)
			e.SetIndent("", "  ")
			return e.Encode(rows)
		}
		return fmt.Errorf("--output %q is neither table nor json", g.output)
	}
}

// maxListing is more than a gateway with a hundred thousand models answers with, in bytes.
const maxListing = 64 << 20

func (g *get) fetch(ctx context.Context, kind string, rows any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+g.admin+"/resources/"+kind, http.NoBody)
	if err != nil {
		return fmt.Errorf("--admin %q is not an address; write HOST:PORT", g.admin)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("no gateway answers at %s: start one with `manifold serve`, or name its admin edge with --admin", g.admin)
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxListing)).Decode(rows); err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("what answers at %s (%s) is not a gateway's admin edge", g.admin, resp.Status)
	}
	return nil
}
