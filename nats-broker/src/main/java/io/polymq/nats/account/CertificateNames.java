package io.polymq.nats.account;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/**
 * The names under which a client certificate may be a user, in the order they are tried. Stateless.
 */
final class CertificateNames {

    private static final int EMAIL = 1;
    private static final int DNS = 2;
    private static final int URI = 6;

    private CertificateNames() {}

    /** E-mail addresses, DNS names, URIs, then the distinguished name. */
    static List<String> of(X509Certificate certificate) {
        List<String> names = new ArrayList<>();
        for (int kind : new int[] {EMAIL, DNS, URI}) {
            addAlternatives(certificate, kind, names);
        }
        names.add(certificate.getSubjectX500Principal().getName());
        return names;
    }

    private static void addAlternatives(X509Certificate certificate, int kind, List<String> to) {
        try {
            Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
            if (alternatives == null) {
                return;
            }
            for (List<?> one : alternatives) {
                if (one.size() == 2
                        && one.get(0) instanceof Integer of
                        && of == kind
                        && one.get(1) instanceof String name) {
                    to.add(name);
                }
            }
        } catch (CertificateParsingException e) {
            // A certificate whose names cannot be read has none.
            return;
        }
    }

    /** Whether a user's name is the certificate's distinguished name, its parts in any order. */
    static boolean sameName(String user, X509Certificate certificate) {
        try {
            List<Rdn> named = new LdapName(user).getRdns();
            List<Rdn> own = new LdapName(certificate.getSubjectX500Principal().getName()).getRdns();
            return !named.isEmpty()
                    && named.size() == own.size()
                    && named.containsAll(own)
                    && own.containsAll(named);
        } catch (InvalidNameException e) {
            return false;
        }
    }
}
