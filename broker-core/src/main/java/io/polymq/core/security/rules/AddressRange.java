package io.polymq.core.security.rules;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One address or a block of them in CIDR notation. IPv4 addresses that come mapped into IPv6 are
 * IPv4 addresses. Immutable.
 */
public final class AddressRange {

    private final byte[] network;
    private final int prefixLength;

    private AddressRange(byte[] network, int prefixLength) {
        this.network = network;
        this.prefixLength = prefixLength;
    }

    /** Takes addresses only, never names; refuses bits set behind the prefix. */
    public static AddressRange parse(String text) {
        int slash = text.indexOf('/');
        byte[] network = literal(slash < 0 ? text : text.substring(0, slash), text);
        int all = network.length * 8;
        int length = slash < 0 ? all : prefixLength(text, slash, all);
        for (int bit = length; bit < all; bit++) {
            if (bit(network, bit) != 0) {
                throw new IllegalArgumentException(
                        text + " has address bits set behind its prefix length");
            }
        }
        return new AddressRange(network, length);
    }

    private static byte[] literal(String address, String all) {
        try {
            // The short forms of IPv4, such as 10.1 for 10.0.0.1, are more often mistakes.
            if (address.indexOf(':') >= 0 || address.matches("\\d+(\\.\\d+){3}")) {
                return InetAddress.ofLiteral(address).getAddress();
            }
        } catch (IllegalArgumentException e) {
            throw notOne(all, e);
        }
        throw notOne(all, null);
    }

    private static IllegalArgumentException notOne(String text, @Nullable Exception cause) {
        return new IllegalArgumentException(
                text + " is not an IP address or a block of them, as in 10.0.0.0/8", cause);
    }

    private static int prefixLength(String text, int slash, int most) {
        String digits = text.substring(slash + 1);
        if (digits.matches("\\d{1,3}") && Integer.parseInt(digits) <= most) {
            return Integer.parseInt(digits);
        }
        throw new IllegalArgumentException(text + " has no prefix length from 0 to " + most);
    }

    private static int bit(byte[] bytes, int index) {
        return (bytes[index / 8] >> (7 - index % 8)) & 1;
    }

    /** Where the client is; null for one without an IP address, as on a Unix-domain socket. */
    public static @Nullable InetAddress of(SocketAddress address) {
        return address instanceof InetSocketAddress inet ? inet.getAddress() : null;
    }

    /** False for a client without an IP address. */
    public boolean contains(@Nullable InetAddress address) {
        if (address == null) {
            return false;
        }
        byte[] bytes = address.getAddress();
        if (bytes.length != network.length) {
            return false;
        }
        int whole = prefixLength / 8;
        if (!Arrays.equals(bytes, 0, whole, network, 0, whole)) {
            return false;
        }
        for (int bit = whole * 8; bit < prefixLength; bit++) {
            if (bit(bytes, bit) != bit(network, bit)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof AddressRange that
                && prefixLength == that.prefixLength
                && Arrays.equals(network, that.network);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(network) + prefixLength;
    }

    /** An address alone when it is one. */
    @Override
    public String toString() {
        try {
            String address = InetAddress.getByAddress(network).getHostAddress();
            return prefixLength == network.length * 8 ? address : address + "/" + prefixLength;
        } catch (java.net.UnknownHostException e) {
            throw new IllegalStateException("an address has 4 or 16 bytes", e);
        }
    }
}
