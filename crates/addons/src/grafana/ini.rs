//! `grafana.ini` from values.
//!
//! Source: <https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/>.

use std::fmt::Write as _;

use crate::{Grafana, GrafanaRole};

/// A section and its settings.
type Section = (&'static str, Vec<(&'static str, String)>);

/// The settings. Nobody can log in, so there is no password to write, and visitors have one role; nothing is told to
/// or fetched from anybody on the internet.
pub(super) fn text(grafana: &Grafana) -> String {
    let role = match grafana.visitors {
        GrafanaRole::Viewer => "Viewer",
        GrafanaRole::Editor => "Editor",
        GrafanaRole::Admin => "Admin",
    };
    let mut sections: Vec<Section> = vec![
        section("analytics", &[("check_for_updates", "false"), ("reporting_enabled", "false")]),
        section("auth", &[("disable_login_form", "true")]),
        section("auth.anonymous", &[("enabled", "true"), ("org_role", role)]),
        section("auth.basic", &[("enabled", "false")]),
        section("log", &[("mode", "console")]),
        section("news", &[("news_feed_enabled", "false")]),
        section(
            "paths",
            &[
                ("data", "/var/lib/grafana"),
                ("logs", "/var/lib/grafana/log"),
                ("plugins", "/var/lib/grafana/plugins"),
                ("provisioning", "/etc/grafana/provisioning"),
            ],
        ),
        section("plugins", &[("check_for_plugin_updates", "false"), ("preinstall_disabled", "true")]),
        section("security", &[("disable_initial_admin_creation", "true")]),
    ];
    if let Some(url) = &grafana.url {
        sections.push(section("server", &[("root_url", url.as_str())]));
    }
    sections.iter().fold(String::new(), |mut text, (name, settings)| {
        _ = writeln!(text, "[{name}]");
        for (key, value) in settings {
            _ = writeln!(text, "{key} = {value}");
        }
        text
    })
}

fn section(name: &'static str, settings: &[(&'static str, &str)]) -> Section {
    (name, settings.iter().map(|(key, value)| (*key, (*value).to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_begin_with_the_url_that_was_said() {
        let url = "https://g.example.com/g".parse().unwrap();
        assert!(
            text(&Grafana { url: Some(url), ..Grafana::default() })
                .ends_with("[server]\nroot_url = https://g.example.com/g\n")
        );
        assert!(!text(&Grafana::default()).contains("[server]"));
    }
}
