//! The URL of a template. Where it leads is fixed; arguments fill segments and values.

use super::NoRequest;
use super::text::{Piece, Text, encode};
use crate::nouns::Object;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// A longer URL is no template, in bytes.
const LONGEST: usize = 2 << 10;

/// A URL (RFC 3986) that is divided where arguments may not reach.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Url {
    /// Scheme, `://` and authority.
    origin: String,
    host: String,
    segments: Vec<Text>,
    /// Names as they stand there, and values.
    query: Vec<(String, Option<Text>)>,
}

impl Url {
    /// Reads a URL. What is wrong comes in words.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("longer than {LONGEST} bytes"));
        }
        let (scheme, rest) = text
            .split_once("://")
            .ok_or("write the whole address, beginning with https://")?;
        // Arguments may have any characters; those that divide the URL stand outside of them.
        let outside = |c: char| matches!(c, '/' | '?' | '#');
        let (authority, rest) = rest.split_at(rest.find(outside).unwrap_or(rest.len()));
        let host = host(scheme, authority)?;
        if rest.contains('#') {
            return Err("a fragment (#) is never sent".to_owned());
        }
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        let segments = path.strip_prefix('/').unwrap_or(path).split('/');
        let query = query.into_iter().flat_map(|query| query.split('&'));
        Ok(Self {
            origin: format!("{scheme}://{authority}"),
            host,
            segments: segments.map(segment).collect::<Result<_, _>>()?,
            query: query.map(pair).collect::<Result<_, _>>()?,
        })
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn names<'a>(&'a self, names: &mut BTreeSet<&'a str>) {
        let values = self.query.iter().filter_map(|(_, value)| value.as_ref());
        for text in self.segments.iter().chain(values) {
            text.names(names);
        }
    }

    pub(super) fn render(&self, arguments: &Object) -> Result<String, NoRequest> {
        let mut url = self.origin.clone();
        for segment in &self.segments {
            url.push('/');
            render_segment(segment, arguments, &mut url)?;
        }
        let mut sign = '?';
        for (name, value) in &self.query {
            let written = match value {
                None => name.clone(),
                Some(value) => match render_value(value, arguments)? {
                    Some(value) => format!("{name}={value}"),
                    None => continue,
                },
            };
            url.push(sign);
            url.push_str(&written);
            sign = '&';
        }
        Ok(url)
    }
}

/// The host of an authority, which has neither user nor template.
fn host(scheme: &str, authority: &str) -> Result<String, String> {
    let (host, port) = match authority.rfind(':') {
        Some(at) if !authority[at..].contains(']') => (&authority[..at], &authority[at + 1..]),
        _ => (authority, "0"),
    };
    let bracketed = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let is_name = || {
        let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        !host.is_empty() && host.chars().all(is_letter)
    };
    let is_host = bracketed.map_or_else(is_name, |host| host.parse::<std::net::Ipv6Addr>().is_ok());
    if !is_host || port.parse::<u16>().is_err() || port.starts_with('+') {
        return Err(format!(
            "{authority:?} is no host: its name and perhaps a port, as they are and for all arguments \
             the same"
        ));
    }
    let host = host.to_ascii_lowercase();
    let ip: Option<IpAddr> = bracketed.unwrap_or(&host).parse().ok();
    let is_loopback = host == "localhost" || ip.is_some_and(|ip| ip.is_loopback());
    match scheme {
        "https" => Ok(host),
        "http" if is_loopback => Ok(host),
        "http" => Err("http is for this machine alone: use https".to_owned()),
        _ => Err("the scheme must be https".to_owned()),
    }
}

/// Whether this may stand in a path or a query as it is (RFC 3986 §3.3, §3.4).
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    (0..bytes.len()).all(|at| match bytes[at] {
        b'%' => bytes
            .get(at + 1..at + 3)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)),
        byte => byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(&byte),
    })
}

fn checked(text: &str) -> Result<Text, String> {
    let parsed = Text::parse(text)?;
    if let Some(bad) = parsed.fixed().find(|fixed| !is_plain(fixed)) {
        return Err(format!("{bad:?} must be percent-encoded"));
    }
    if parsed.paths().any(|path| path.to_string() == ".") {
        return Err("{{.}}, which is all arguments, may stand in a body alone".to_owned());
    }
    Ok(parsed)
}

fn segment(text: &str) -> Result<Text, String> {
    let parsed = checked(text)?;
    if parsed.paths().next().is_none() && is_dots(text) {
        return Err("a path with . or .. in it leads elsewhere".to_owned());
    }
    Ok(parsed)
}

fn pair(text: &str) -> Result<(String, Option<Text>), String> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    if name.contains("{{") || !is_plain(name) {
        return Err(format!("{name:?} is no name of a query parameter"));
    }
    Ok((name.to_owned(), value.map(checked).transpose()?))
}

/// Whether a segment means another path, however it is written: readers of URLs take `%2e` for a dot.
fn is_dots(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    matches!(plain.as_str(), "." | "..")
}

/// Writes a segment. It is never empty where an argument is, and never leads elsewhere, neither here
/// nor at a server that decodes it before it divides the path.
fn render_segment(segment: &Text, arguments: &Object, url: &mut String) -> Result<(), NoRequest> {
    let start = url.len();
    for piece in &segment.0 {
        match piece {
            Piece::Fixed(text) => url.push_str(text),
            Piece::Argument(path) => {
                let value = path.scalar(arguments)?.filter(|value| !value.is_empty());
                let value = value.ok_or_else(|| NoRequest::Missing(path.to_string()))?;
                if value.split(['/', '\\']).any(is_dots) {
                    return Err(NoRequest::Dots(path.to_string()));
                }
                encode(&value, url);
            }
        }
    }
    if let Some(path) = segment.paths().next()
        && is_dots(&url[start..])
    {
        return Err(NoRequest::Dots(path.to_string()));
    }
    Ok(())
}

/// A value; none if it is an argument that is not there.
fn render_value(value: &Text, arguments: &Object) -> Result<Option<String>, NoRequest> {
    let mut written = String::new();
    for piece in &value.0 {
        match piece {
            Piece::Fixed(text) => written.push_str(text),
            Piece::Argument(path) => match path.scalar(arguments)? {
                Some(argument) => encode(&argument, &mut written),
                None if value.whole().is_some() => return Ok(None),
                None => {}
            },
        }
    }
    Ok(Some(written))
}
