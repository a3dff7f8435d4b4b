package io.polymq.network;

import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Reads a verified client certificate's owner out of a TLS session. */
final class Certificates {

    private static final int EMAIL = 1;
    private static final int DNS = 2;
    private static final int URI = 6;

    private Certificates() {}

    /** Null when the client showed none. */
    static @Nullable PeerCertificate ofPeer(SSLSession session) {
        Certificate[] chain;
        try {
            chain = session.getPeerCertificates();
        } catch (SSLPeerUnverifiedException none) {
            return null;
        }
        return chain.length > 0 && chain[0] instanceof X509Certificate certificate
                ? describe(certificate)
                : null;
    }

    static PeerCertificate describe(X509Certificate certificate) {
        String name = certificate.getSubjectX500Principal().getName();
        return new PeerCertificate(name, commonName(name), alternatives(certificate), certificate);
    }

    private static String commonName(String distinguishedName) {
        try {
            for (Rdn part : new LdapName(distinguishedName).getRdns().reversed()) {
                if (part.getType().equalsIgnoreCase("CN")
                        && part.getValue() instanceof String name) {
                    return name;
                }
            }
            return "";
        } catch (InvalidNameException malformed) {
            return "";
        }
    }

    private static List<String> alternatives(X509Certificate certificate) {
        Collection<List<?>> names;
        try {
            names = certificate.getSubjectAlternativeNames();
        } catch (CertificateParsingException malformed) {
            return List.of();
        }
        if (names == null) {
            return List.of();
        }
        List<String> found = new ArrayList<>();
        for (List<?> name : names) {
            if (name.get(0) instanceof Integer type
                    && (type == EMAIL || type == DNS || type == URI)
                    && name.get(1) instanceof String value) {
                found.add(value);
            }
        }
        return found;
    }
}
