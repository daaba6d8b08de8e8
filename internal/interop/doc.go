// Package interop runs the gateway between real clients and real servers: tritonclient, perf_analyzer, the KServe SDK and curl on one
// side; the real Triton, KServe's Python server and MLServer on the other. `make interop` runs it; without MANIFOLD_INTEROP, which names
// the folder for the Python environments, its tests do nothing. It needs Linux on x86-64 and python3 with pip.
//
// A [Lab] is a run's workshop. [Main] opens it for a package's TestMain, and every test asks it for what it needs:
//
//	var lab *interop.Lab
//
//	func TestMain(m *testing.M) { os.Exit(interop.Main(m, func(l *interop.Lab) { lab = l })) }
//
//	func TestSomething(t *testing.T) {
//		triton := lab.Triton(t, repository, "--model-control-mode=explicit")
//		gateway := lab.Gateway(t, UpstreamTo(triton))
//		direct, through := triton.At, gateway.At          // HTTP and gRPC addresses, HOST:PORT
//		results := lab.Client(t, "clients", "clients/something.py", "--grpc", through.GRPC)
//	}
//
// What is started listens on free loopback ports, is ready when the call returns, belongs to a process group of its own, and ends, with
// all of its group, when the test does. When something does not become ready, or ends by itself, the end of what it wrote is in the
// failure. Output goes to a file in the test's folder; [Server.Tail] reads its end. [Server.Again] starts what has ended once more.
//
// Environments are those of package requirements; they are built in parallel.
//
// The package must not be imported by product code.
package interop
