//! Counts the messages that it receives. Start it with `cargo run`; its address is http://127.0.0.1:4567/

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{TcpListener, TcpStream};

fn result(method: &str, params: &Value) -> Value {
    let count = params["memory"]["count"].as_i64().unwrap_or(0);
    let next = count + params["options"]["step"].as_i64().unwrap_or(1);
    match method {
        "register" => json!({"name": "RustCounterAgent", "display_name": "Counter in Rust", "default_options": {"step": 1},
            "description": "Counts messages by `step`, and emits the count."}),
        "receive" => json!({"memory": {"count": next}, "messages": [{"count": next, "seen": params["message"]["payload"]}]}),
        _ => json!({"logs": [format!("The count is {count}.")]}),
    }
}

fn answer(stream: TcpStream) -> Result<()> {
    let mut reader = BufReader::new(&stream);
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line)? > 2 {
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let call: Value = serde_json::from_slice(&body)?;
    let answer = json!({"result": result(call["method"].as_str().unwrap_or(""), &call["params"])}).to_string();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", answer.len());
    (&stream).write_all((head + &answer).as_bytes())
}

fn main() -> Result<()> {
    let port = std::env::var("PORT").unwrap_or("4567".into());
    TcpListener::bind(format!("127.0.0.1:{port}"))?.incoming().flatten().for_each(|stream| drop(answer(stream)));
    Ok(())
}
