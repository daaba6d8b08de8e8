//go:build linux

package interop

// programs are the clients: an environment, a program of clients/, and what follows the plan.
func programs() [][]string {
	return [][]string{
		{"clients", "tritonclients.py", "http"},
		{"clients", "tritonclients.py", "http.aio"},
		{"clients", "tritonclients.py", "grpc"},
		{"clients", "tritonclients.py", "grpc.aio"},
		{"kserve", "kservesdk.py", "v1"},
		{"kserve", "kservesdk.py", "v2"},
		{"kserve", "kservesdk.py", "grpc"},
		{"clients", "curl.py"},
	}
}
