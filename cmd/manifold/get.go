package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/manifold-serving/manifold"
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
		Short: "List what a running gateway serves",
		Long: `Asks a running gateway's admin edge what it serves: inferencegraphs (ig), inferenceservices (isvc), or models, which is every name
that answers, those of model servers included.`,
		Example: `  manifold get inferencegraphs
  manifold get models --output json
  manifold get isvc --admin 127.0.0.1:9002`,
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"inferencegraphs", "inferenceservices", "models", "ig", "isvc", "inferencegraph", "inferenceservice", "model"},
		RunE:      func(c *cobra.Command, args []string) error { return g.run(c, args[0]) },
	}
	c.Flags().StringVar(&g.admin, "admin", "localhost:8002", "address of the gateway's admin edge")
	c.Flags().StringVarP(&g.output, "output", "o", "table", "table or json")
	return c
}

func (g *get) run(c *cobra.Command, kind string) error {
	rows, err := g.fetch(c.Context(), plural(kind))
	if err != nil {
		return err
	}
	switch g.output {
	case "table":
		return printRows(c.OutOrStdout(), rows, time.Now())
	case "json":
		e := json.NewEncoder(c.OutOrStdout())
		e.SetIndent("", "  ")
		return e.Encode(rows)
	}
	return fmt.Errorf("--output %q is neither table nor json", g.output)
}

// plural is the kind's full name.
func plural(kind string) string {
	switch strings.TrimSuffix(kind, "s") {
	case "ig", "inferencegraph":
		return "inferencegraphs"
	case "isvc", "inferenceservice":
		return "inferenceservices"
	}
	return "models"
}

// maxListing is more than a gateway with a hundred thousand models answers with, in bytes.
const maxListing = 64 << 20

func (g *get) fetch(ctx context.Context, kind string) ([]manifold.Listed, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+g.admin+"/resources/"+kind, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("--admin %q is not an address; write HOST:PORT", g.admin)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("no gateway answers at %s: start one with `manifold serve`, or name its admin edge with --admin", g.admin)
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	var rows []manifold.Listed
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxListing)).Decode(&rows); err != nil || resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("what answers at %s (%s) is not a gateway's admin edge", g.admin, resp.Status)
	}
	return rows, nil
}

// printRows prints rows as kubectl does.
func printRows(out io.Writer, rows []manifold.Listed, now time.Time) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(out, "No resources found.")
		return err
	}
	t := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "NAME\tURL\tREADY\tAGE")
	for _, r := range rows {
		ready := "True"
		if !r.Ready {
			ready = "False"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", r.Name, r.URL, ready, age(r.Since, now))
	}
	return t.Flush()
}

// age is the time since then as kubectl writes it: 45s, 12m, 3h, 9d.
func age(since, now time.Time) string {
	d := now.Sub(since)
	switch {
	case since.IsZero():
		return "<unknown>"
	case d < 2*time.Minute:
		return strconv.Itoa(int(d.Seconds())) + "s"
	case d < 2*time.Hour:
		return strconv.Itoa(int(d.Minutes())) + "m"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d.Hours())) + "h"
	}
	return strconv.Itoa(int(d.Hours()/24)) + "d"
}
