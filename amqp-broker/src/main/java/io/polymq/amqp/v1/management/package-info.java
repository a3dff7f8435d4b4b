/**
 * RabbitMQ 4's management node: requests like those of HTTP, as messages, that declare, bind,
 * inspect and delete. Links and credit are not known here.
 */
@NullMarked
package io.polymq.amqp.v1.management;

import org.jspecify.annotations.NullMarked;
