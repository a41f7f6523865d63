// The service answers each connection with a greeting.
package main

import (
	"net"

	"example.com/greeting"
)

func main() {
	listener, err := net.Listen("tcp", ":8080")
	if err != nil {
		panic(err)
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		connection.Write([]byte(greeting.Greet("world")))
		connection.Close()
	}
}
