//! Says hello.

/// Says hello to somebody.
pub fn greet(name: &str) -> String {
    format!("hello {name}\n")
}
