package com.example;

import com.example.greeting.Greeting;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;

public final class Service {
    public static void main(String[] args) throws Exception {
        try (var server = new ServerSocket(8080)) {
            while (true) {
                try (var socket = server.accept()) {
                    socket.getOutputStream().write(Greeting.greet("world").getBytes(StandardCharsets.UTF_8));
                }
            }
        }
    }
}
