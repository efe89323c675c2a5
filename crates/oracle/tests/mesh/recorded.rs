//! What a real Istio answered: beside each cluster a table of client, Service and port, kind of connection, method, and
//! what came of it.

use std::path::{Path, PathBuf};

use meshgen_oracle::{
    manifests,
    naive::mesh::{How, Request, Seen},
};

use crate::world::{Door, OUTSIDE, World, injector, running};

#[test]
#[expect(clippy::disallowed_methods, reason = "what was seen lies in files")]
fn both_judges_predict_what_a_real_istio_answered() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mesh/tests/seen");
    let files = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path());
    let mut tables: Vec<PathBuf> = files.filter(|f| f.extension().is_some_and(|e| e == "tsv")).collect();
    tables.sort();
    let (mut tries, mut wrong) = (0, Vec::new());
    for table in tables {
        let text = std::fs::read_to_string(table.with_extension("yaml")).unwrap();
        let mut all = running(manifests::parse(&text));
        all.push(injector());
        let world = World::new(&all);
        let rows = std::fs::read_to_string(&table).unwrap();
        for row in rows.lines().filter(|l| !l.starts_with('#')) {
            tries += 1;
            let said = predicted(&world, &text, row);
            wrong.extend(said.map(|said| format!("{}: {row}: {said}", table.display())));
        }
    }
    println!("{tries} tries");
    assert!(tries > 2000 && wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

/// What is predicted, if that is not what was seen.
fn predicted(world: &World, text: &str, row: &str) -> Option<String> {
    let cells: Vec<&str> = row.split('\t').collect();
    let [client, to, kind, method, seen, ..] = cells[..] else { panic!("{row}") };
    let (host, port) = to.split_once(':').unwrap();
    let (name, namespace) = host.split_once('.').unwrap();
    let service = format!("{namespace}/{name}");
    let port: u16 = port.parse().unwrap();
    let doors = world.naive.doors();
    let (.., led) = doors.iter().find(|(s, p, _)| *s == service && *p == port).unwrap();
    let Some((server, pod_port)) = led.first() else {
        return (seen != "REFUSED").then(|| "no pod is behind the Service".to_owned());
    };
    let request = Request {
        method: method.to_owned(),
        path: "/x".to_owned(),
        host: to.trim_end_matches(":80").to_owned(),
        ..Request::default()
    };
    let request = (kind != "tcp").then_some(&request);
    let door = Door { server: server.clone(), port: *pod_port, by: Some((service.clone(), port)) };
    let client = if world.naive.how_is(client).is_some() { client } else { OUTSIDE };
    let (fast, naive) = world.both(client, &door, request);
    let fits = |said: Seen| words(said, kind, client == server, world.naive.how_is(server)).contains(&seen);
    // No application there takes TLS, and rules name certificates that are not there: of that the manifests say nothing.
    let tls = text.contains("mode: SIMPLE") || text.contains("mode: MUTUAL");
    if tls && (fast, naive) == (Seen::Unknown, Seen::Unknown) && ["REFUSED", "TIMEOUT"].contains(&seen) {
        return None;
    }
    (!fits(fast) || !fits(naive)).then(|| format!("fast {fast:?}, naive {naive:?}"))
}

/// What those who measured it call it.
fn words(said: Seen, kind: &str, itself: bool, server: Option<How>) -> Vec<&'static str> {
    match said {
        Seen::Open => vec!["OPEN"],
        // A denial is found in the server's log by the client's address, which a pod that calls itself does not keep.
        Seen::Closed if itself => vec!["DENIED", "REFUSED"],
        Seen::Forbidden | Seen::Closed => vec!["DENIED"],
        // What an application that speaks HTTP/2 does with TLS is its own affair: it may close, or wait for ever.
        Seen::Unavailable if kind == "h2" && server == Some(How::Plain) => vec!["REFUSED", "TIMEOUT"],
        Seen::Reset | Seen::Unavailable => vec!["REFUSED"],
        Seen::Timeout => vec!["TIMEOUT"],
        Seen::Unknown => Vec::new(),
    }
}
