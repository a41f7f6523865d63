package com.example.greeting;

/** Says hello. */
public final class Greeting {
    private Greeting() {}

    public static String greet(String name) {
        return "hello " + name + "\n";
    }
}
