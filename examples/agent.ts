// Counts the messages that it receives. Start it with `node agent.ts` (Node 24); its address is http://127.0.0.1:4567/
import { createServer } from "node:http";

type Json = Record<string, any>;
type Params = { message: { payload: Json } | null; options: Json; memory: Json; credentials: Json[] };

const methods: Record<string, (params: Params) => Json> = {
  register: () => ({
    name: "TypeScriptCounterAgent",
    display_name: "Counter in TypeScript",
    description: "Counts messages by `step`, and emits the count.",
    default_options: { step: 1 },
  }),
  receive: ({ message, options, memory }) => {
    const count = (memory.count ?? 0) + (options.step ?? 1);
    return { memory: { count }, messages: [{ count, seen: message?.payload }] };
  },
  check: ({ memory }) => ({ logs: [`The count is ${memory.count ?? 0}.`] }),
};

createServer(async (request, response) => {
  let body = "";
  request.setEncoding("utf8");
  for await (const piece of request) body += piece;
  const { method, params } = JSON.parse(body);
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify({ result: methods[method](params) }));
}).listen(Number(process.env.PORT ?? 4567), "127.0.0.1");
