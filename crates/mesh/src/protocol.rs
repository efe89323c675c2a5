//! Which protocol a port speaks, as far as Istio knows (I5, S7, S35).

use crate::ServicePort;

/// What a sidecar takes a port for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// HTTP, of any version: requests are told apart.
    Http,
    /// Connections only; TLS of the application among them.
    Tcp,
    /// TLS of the application, which is TCP to the sidecar.
    Tls,
    /// What is sent decides.
    Detected,
}

/// Ports of servers that speak first, so that nothing is detected there unless the port has a name
/// (`pkg/config/kube/conversion.go`): SMTP, DNS, `MySQL`, `MongoDB`.
const SERVER_FIRST: [u16; 4] = [25, 53, 3306, 27017];

impl Protocol {
    /// The protocol that a port of a Service declares: `appProtocol`, else the part of its name before the first `-`.
    ///
    /// Sources: `pkg/config/kube/conversion.go` (`ConvertProtocol`), `pkg/config/protocol/instance.go` (`Parse`).
    pub fn of(port: &ServicePort) -> Protocol {
        let name = match port.app_protocol.as_deref() {
            Some("kubernetes.io/h2c" | "kubernetes.io/ws") => return Protocol::Http,
            Some("kubernetes.io/wss") => return Protocol::Tls,
            Some(other) => other,
            None => port.name.as_deref().unwrap_or_default(),
        };
        let name = name.to_ascii_lowercase();
        if name.starts_with("grpc-web") {
            return Protocol::Http;
        }
        match Protocol::word(name.split('-').next().unwrap_or_default()) {
            Protocol::Detected if SERVER_FIRST.contains(&port.number) => Protocol::Tcp,
            found => found,
        }
    }

    /// The protocol of a word, as ports of Services, Sidecars and `ServiceEntries` have it.
    pub fn word(word: &str) -> Protocol {
        match word.to_ascii_lowercase().as_str() {
            "http" | "http2" | "grpc" | "grpc-web" | "http_proxy" => Protocol::Http,
            "tcp" | "mongo" | "mysql" | "redis" | "hbone" => Protocol::Tcp,
            "https" | "tls" => Protocol::Tls,
            _ => Protocol::Detected,
        }
    }

    /// Whether requests are told apart, if this is what is sent.
    pub fn is_http(self, sends_http: bool) -> bool {
        match self {
            Protocol::Http => true,
            Protocol::Tcp | Protocol::Tls => false,
            Protocol::Detected => sends_http,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Target;

    #[track_caller]
    fn check(name: &str, app: Option<&str>, number: u16, expected: Protocol) {
        let port = ServicePort {
            name: (!name.is_empty()).then(|| name.to_owned()),
            app_protocol: app.map(str::to_owned),
            number,
            tcp: true,
            target: Target::Number(number),
        };
        assert_eq!(Protocol::of(&port), expected, "{name} {app:?} {number}");
    }

    #[test]
    fn i5_the_name_of_a_port_says_its_protocol() {
        for name in ["http", "http-web", "HTTP2", "grpc", "grpc-web", "grpc-web-x", "http_proxy"] {
            check(name, None, 80, Protocol::Http);
        }
        for name in ["tcp", "tcp-x", "mysql", "redis-a", "mongo"] {
            check(name, None, 80, Protocol::Tcp);
        }
        check("https-x", None, 443, Protocol::Tls);
        for name in ["", "auto", "web-http", "httpx"] {
            check(name, None, 80, Protocol::Detected);
        }
    }

    #[test]
    fn i5_app_protocol_is_preferred() {
        check("tcp", Some("http"), 80, Protocol::Http);
        check("http", Some("tcp"), 80, Protocol::Tcp);
        check("http", Some("acme.example/x"), 80, Protocol::Detected);
        check("tcp", Some("kubernetes.io/h2c"), 80, Protocol::Http);
        check("http", Some("kubernetes.io/wss"), 443, Protocol::Tls);
    }

    #[test]
    fn s7_what_no_name_says_is_detected_except_where_servers_speak_first() {
        check("", None, 8888, Protocol::Detected);
        check("db", None, 3306, Protocol::Tcp);
        check("http", None, 3306, Protocol::Http);
    }
}
