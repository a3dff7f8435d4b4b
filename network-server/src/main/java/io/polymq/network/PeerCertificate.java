package io.polymq.network;

import java.security.cert.X509Certificate;
import java.util.List;

/**
 * What a verified client certificate says of its owner.
 *
 * @param distinguishedName the subject in RFC 2253 form
 * @param commonName the subject's CN, empty when it has none
 * @param alternativeNames DNS, e-mail and URI subject alternative names, in the certificate's order
 * @param certificate the certificate itself
 */
public record PeerCertificate(
        String distinguishedName,
        String commonName,
        List<String> alternativeNames,
        X509Certificate certificate) {

    public PeerCertificate {
        alternativeNames = List.copyOf(alternativeNames);
    }
}
