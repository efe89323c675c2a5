//! `meshgen-naive`: what the naive judge says of connections, for judges that others made.
//!
//! Standard input is JSON, `{"manifests": […], "questions": [{"source", "destination", "protocol", "port"}]}`, with
//! ends as `namespace/name` or an address. The answer is a list of `allowed`, `denied`, `undefined`; null for what is
//! no question.
#![expect(clippy::print_stdout, reason = "a command for developers, which prints its result")]

use meshgen_oracle::naive::{Cluster, Flow, Peer, Protocol};
use serde_json::Value;

fn main() -> Result<(), serde_json::Error> {
    let asked: Value = serde_json::from_reader(std::io::stdin().lock())?;
    let list = |key: &str| asked.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let cluster = Cluster::read(list("manifests"));
    let answers: Value = list("questions").iter().map(|question| answer(&cluster, question)).collect();
    println!("{answers}");
    Ok(())
}

fn answer(cluster: &Cluster, question: &Value) -> Option<String> {
    let text = |key: &str| question.get(key).and_then(Value::as_str);
    let flow = Flow {
        source: peer(cluster, text("source")?)?,
        destination: peer(cluster, text("destination")?)?,
        protocol: Protocol::parse(text("protocol")?)?,
        port: question.get("port").and_then(Value::as_u64)?.try_into().ok()?,
    };
    Some(format!("{:?}", cluster.verdict(&flow)).to_lowercase())
}

fn peer<'a>(cluster: &'a Cluster, name: &str) -> Option<Peer<'a>> {
    if let Ok(address) = name.parse() {
        return Some(Peer::Address(address));
    }
    let (namespace, name) = name.split_once('/')?;
    cluster.pods.iter().find(|pod| pod.namespace == namespace && pod.name == name).map(Peer::Pod)
}
