// Reads a dashboard as Grafana's own SDK does, strictly: a field that Grafana does not know, or of another type, is an error.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func main() {
	plugins.RegisterDefaultPlugins()
	text, err := io.ReadAll(os.Stdin)
	if err == nil {
		var found dashboard.Dashboard
		if err = found.UnmarshalJSONStrict(text); isOne(err) == nil {
			err = found.Validate()
		}
	}
	if isOne(err) != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// The SDK returns an error without words where there is none.
func isOne(err error) error {
	if err != nil && err.Error() == "" {
		return nil
	}
	return err
}
