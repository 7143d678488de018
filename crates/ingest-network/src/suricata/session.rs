//! What application records without a class of their own say beyond their addresses: who, and a line of what.
//!
//! Read only for such records, so that the others do not pay for it. Passwords and SNMP communities are never
//! taken (R12).

use event::field;
use event::row::RowWriter;
use ingest::decoder::Refusal;
use ingest::json_paths;

json_paths! {
    SESSION {
        SMB_COMMAND: "smb/command", SMB_FILE: "smb/filename", SMB_SHARE: "smb/share",
        SMB_USER: "smb/ntlmssp/user", SMB_DOMAIN: "smb/ntlmssp/domain",
        FTP_COMMAND: "ftp/command", FTP_DATA: "ftp/command_data",
        SSH_CLIENT: "ssh/client/software_version", SSH_SERVER: "ssh/server/software_version",
        KRB_TYPE: "krb5/msg_type", KRB_CLIENT: "krb5/cname", KRB_REALM: "krb5/realm",
        KRB_SERVICE: "krb5/sname",
        RDP_EVENT: "rdp/event_type", RDP_COOKIE: "rdp/cookie",
        SIP_METHOD: "sip/method", SIP_URI: "sip/uri", SNMP_PDU: "snmp/pdu_type", SNMP_USER: "snmp/usm",
        TFTP_PACKET: "tftp/packet", TFTP_FILE: "tftp/file", NFS_PROCEDURE: "nfs/procedure",
        NFS_FILE: "nfs/filename",
        QUIC_SNI: "quic/sni", QUIC_VERSION: "quic/version", DHCP_TYPE: "dhcp/dhcp_type",
        PGSQL_USER: "pgsql/request/startup_parameters/user", LDAP_OPERATION: "ldap/request/operation",
        MODBUS_FUNCTION: "modbus/request/function/code",
    }
}

/// Pairs of paths whose values make the line of a record: what was done, and to what.
const LINES: &[(usize, usize)] = &[
    (SMB_COMMAND, SMB_FILE),
    (SMB_COMMAND, SMB_SHARE),
    (SSH_CLIENT, SSH_SERVER),
    (KRB_TYPE, KRB_SERVICE),
    (RDP_EVENT, RDP_EVENT),
    (SIP_METHOD, SIP_URI),
    (SNMP_PDU, SNMP_PDU),
    (TFTP_PACKET, TFTP_FILE),
    (NFS_PROCEDURE, NFS_FILE),
    (DHCP_TYPE, DHCP_TYPE),
    (LDAP_OPERATION, LDAP_OPERATION),
    (MODBUS_FUNCTION, MODBUS_FUNCTION),
];

pub(super) fn write(row: &mut RowWriter<'_>, text: &str) -> Result<(), Refusal> {
    let json = SESSION.read(text)?;
    let user = [SMB_USER, KRB_CLIENT, RDP_COOKIE, SNMP_USER, PGSQL_USER]
        .into_iter()
        .find_map(|path| json[path].text());
    row.maybe(field::USER, user)
        .maybe(field::USER_DOMAIN, json[SMB_DOMAIN].text().or(json[KRB_REALM].text()));
    row.maybe(field::TLS_SNI, json[QUIC_SNI].text()).maybe(field::TLS_VERSION, json[QUIC_VERSION].text());
    if let Some(command) = json[FTP_COMMAND].text() {
        let data = json[FTP_DATA].text().unwrap_or_default();
        let data = if command.eq_ignore_ascii_case("PASS") { "***" } else { data };
        row.text(field::MESSAGE, &format!("{command} {data}"));
        row.maybe(field::USER, Some(data).filter(|_| command.eq_ignore_ascii_case("USER")));
        return Ok(());
    }
    let line =
        LINES.iter().filter(|(what, _)| json[*what].is_some()).max_by_key(|(_, to)| json[*to].is_some());
    if let Some(&(what, to)) = line {
        let words: Vec<_> = [Some(what), Some(to).filter(|to| *to != what)].into_iter().flatten().collect();
        let words: Vec<_> = words.into_iter().filter_map(|path| json[path].written()).collect();
        row.text(field::MESSAGE, &words.join(" "));
    }
    Ok(())
}
