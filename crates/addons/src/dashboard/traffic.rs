//! Panels about traffic: how much, how well, how fast.
//!
//! Source of the metrics: <https://istio.io/latest/docs/reference/config/metrics/>.

use super::plot::{Plot, Section, Shape, Unit};
use crate::promql::{Expr, Matcher, Series};

/// From whose side traffic is seen, which of it, and how it is split.
pub(crate) struct View {
    /// What stands before the headings of its sections.
    pub(crate) heading: &'static str,
    /// Which traffic.
    pub(crate) of: Vec<Matcher>,
    /// The labels that get a line each.
    pub(crate) by: &'static [&'static str],
    /// The legend of such a line.
    pub(crate) legend: &'static str,
}

/// What the called side reports. Where a waypoint stands in front, it does so for the called workload.
pub(crate) fn inbound() -> Matcher {
    Matcher::like("reporter", "destination|waypoint")
}

/// What the calling side reports.
pub(crate) fn outbound() -> Matcher {
    Matcher::is("reporter", "source")
}

#[derive(Clone, Copy)]
enum Protocol {
    Http,
    Grpc,
}

impl Protocol {
    fn is(self) -> Matcher {
        match self {
            Protocol::Http => Matcher::is("request_protocol", "http"),
            Protocol::Grpc => Matcher::is("request_protocol", "grpc"),
        }
    }

    /// Which answers are errors. A call of gRPC that failed may well be answered with status 200 of HTTP: its own
    /// status counts. Envoy reports 0 for an answer of HTTP that never came.
    fn failed(self) -> Matcher {
        match self {
            Protocol::Http => Matcher::like("response_code", "5..|0"),
            Protocol::Grpc => Matcher::is_not("grpc_response_status", "0"),
        }
    }
}

impl View {
    fn title(&self, section: &str) -> String {
        format!("{}{section}", self.heading)
    }

    fn series(&self, metric: &'static str, more: impl IntoIterator<Item = Matcher>) -> Series {
        Series::new(metric, self.of.iter().cloned().chain(more))
    }

    fn requests(&self, protocol: Protocol) -> Expr {
        Expr::rate_by(self.by, self.series("istio_requests_total", [protocol.is()]))
    }

    fn failures(&self, protocol: Protocol) -> Expr {
        let failed = self.series("istio_requests_total", [protocol.is(), protocol.failed()]);
        Expr::rate_by(self.by, failed).share_of(self.requests(protocol))
    }

    fn latency(&self, share: &'static str, protocol: Protocol) -> Expr {
        let buckets = self.series("istio_request_duration_milliseconds_bucket", [protocol.is()]);
        Expr::Quantile(share, self.by.to_vec(), buckets)
    }

    fn lines(&self, title: &'static str, description: &'static str, unit: Unit, expr: Expr) -> Plot {
        Plot { title, description, unit, shape: Shape::Lines, queries: vec![(expr, self.legend)] }
    }

    /// Requests and errors of HTTP, and how long they take.
    pub(crate) fn http(&self) -> Section {
        Section {
            title: self.title("HTTP"),
            plots: vec![
                self.lines("Requests", "", Unit::RequestsASecond, self.requests(Protocol::Http)),
                self.lines(
                    "Errors",
                    "Share of requests that were answered with 5xx, or not at all.",
                    Unit::Share,
                    self.failures(Protocol::Http),
                ),
                self.lines("Latency, median", "", Unit::Milliseconds, self.latency("0.5", Protocol::Http)),
                self.lines("Latency, 99 %", "", Unit::Milliseconds, self.latency("0.99", Protocol::Http)),
            ],
        }
    }

    /// Calls, errors and messages of gRPC, and how long calls take.
    pub(crate) fn grpc(&self) -> Section {
        let messages = |metric| Expr::rate_by(self.by, self.series(metric, []));
        Section {
            title: self.title("gRPC"),
            plots: vec![
                self.lines("Calls", "", Unit::RequestsASecond, self.requests(Protocol::Grpc)),
                self.lines(
                    "Errors",
                    "Share of calls whose status of gRPC is not 0.",
                    Unit::Share,
                    self.failures(Protocol::Grpc),
                ),
                self.lines("Latency, median", "", Unit::Milliseconds, self.latency("0.5", Protocol::Grpc)),
                self.lines("Latency, 99 %", "", Unit::Milliseconds, self.latency("0.99", Protocol::Grpc)),
                self.lines(
                    "Messages from clients",
                    "More than calls where clients stream.",
                    Unit::MessagesASecond,
                    messages("istio_request_messages_total"),
                ),
                self.lines(
                    "Messages from servers",
                    "More than calls where servers stream.",
                    Unit::MessagesASecond,
                    messages("istio_response_messages_total"),
                ),
            ],
        }
    }

    /// Bytes and connections of raw TCP.
    pub(crate) fn tcp(&self) -> Section {
        let rate = |metric| Expr::rate_by(self.by, self.series(metric, []));
        Section {
            title: self.title("TCP"),
            plots: vec![
                self.lines(
                    "Received",
                    "Bytes from clients.",
                    Unit::BytesASecond,
                    rate("istio_tcp_received_bytes_total"),
                ),
                self.lines(
                    "Sent",
                    "Bytes to clients.",
                    Unit::BytesASecond,
                    rate("istio_tcp_sent_bytes_total"),
                ),
                self.lines(
                    "Connections opened",
                    "",
                    Unit::EventsASecond,
                    rate("istio_tcp_connections_opened_total"),
                ),
                self.lines(
                    "Connections closed",
                    "",
                    Unit::EventsASecond,
                    rate("istio_tcp_connections_closed_total"),
                ),
            ],
        }
    }

    /// The whole of it in four numbers, as the called side sees it: only that side knows of mTLS.
    pub(crate) fn summary(&self) -> Section {
        let all = View { heading: "", of: self.of.clone(), by: &[], legend: "" };
        let number = |title, description, unit, expr| Plot {
            title,
            description,
            unit,
            shape: Shape::Number,
            queries: vec![(expr, "")],
        };
        let bytes = Expr::rate_by(&[], all.series("istio_tcp_received_bytes_total", []));
        let everything = || Expr::rate_by(&[], all.series("istio_requests_total", []));
        let mutual =
            all.series("istio_requests_total", [Matcher::is("connection_security_policy", "mutual_tls")]);
        Section {
            title: self.title("Summary"),
            plots: vec![
                number("HTTP", "", Unit::RequestsASecond, all.requests(Protocol::Http)),
                number("gRPC", "", Unit::RequestsASecond, all.requests(Protocol::Grpc)),
                number("TCP", "Bytes from clients.", Unit::BytesASecond, bytes),
                number(
                    "mTLS",
                    "Share of requests that came over mTLS.",
                    Unit::Share,
                    Expr::rate_by(&[], mutual).share_of(everything()),
                ),
            ],
        }
    }

    /// All of it.
    pub(crate) fn sections(&self) -> Vec<Section> {
        vec![self.summary(), self.http(), self.grpc(), self.tcp()]
    }
}
