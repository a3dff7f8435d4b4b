package io.polymq.mq9.registry;

/** Something that the registry refused; the message is for who asked. */
public final class RegistryException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    RegistryException(String message) {
        super(message, null, false, false);
    }
}
