package manifold

import "runtime/debug"

// release is the version in the making; CHANGELOG.md has the same at its top.
const release = "0.1.0"

// Version is the release, with the commit it was built from where the build knows it.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return release
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && len(setting.Value) >= 12 {
			return release + "+" + setting.Value[:12]
		}
	}
	return release
}
