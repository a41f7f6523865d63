use std::io::Write;
use std::net::TcpListener;

fn main() {
    let listener = TcpListener::bind("0.0.0.0:8080").expect("the port is taken");
    for stream in listener.incoming().flatten() {
        let _ = (&stream).write_all(greeting::greet("world").as_bytes());
    }
}
