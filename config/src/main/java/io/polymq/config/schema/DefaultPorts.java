package io.polymq.config.schema;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * On a component of type {@code TransportPorts}, whose keys then belong to the section itself: the
 * ports of a protocol that names none. Zero is off. The ports of encrypted transports hold only
 * when a certificate is configured.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface DefaultPorts {
    int tcp() default 0;

    int tls() default 0;

    int websocket() default 0;

    int websockets() default 0;

    int quic() default 0;
}
