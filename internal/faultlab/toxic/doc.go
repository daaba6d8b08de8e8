// Package toxic is a network that misbehaves on order: a TCP proxy between a caller and a server, in the process of the test.
//
//	proxy, err := toxic.Listen(server.Address)
//	defer proxy.Close()
//	proxy.Set(toxic.Toxics{Down: toxic.Direction{Hold: true}}) // the server's answers do not arrive any more
//	proxy.Set(toxic.Toxics{})                                  // now they do
//
// What is set holds for the connections that are there and for those that come, from the moment that Set returns. Nothing that was
// held is lost: it arrives when it is let go, as packets do that are sent again. A [Proxy] counts the connections that it was asked for.
package toxic
