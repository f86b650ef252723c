import { connect, type Socket } from "node:net";

/** Sends raw bytes and returns the response until the peer closes the connection or `until` was received. */
export function sendRaw(port: number, bytes: string, until = "\u0000"): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" });
    let received = "";
    const settle = () => {
      socket.destroy();
      resolve(received);
    };
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
      if (received.includes(until)) settle();
    });
    socket.once("error", reject).once("close", settle);
    socket.write(bytes);
  });
}

export function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => resolve(socket)).once("error", reject);
  });
}
