// An agent by the Agent Protocol's own SDK: node foreign.js PORT WORKSPACE
const fs = require("fs");
const path = require("path");
const { default: Agent, v4 } = require("agent-protocol");

const [port, workspace] = process.argv.slice(2);

async function begin(task, about) {
  let n = 0;
  return async (input) => {
    n += 1;
    const artifact = {
      artifact_id: v4(),
      agent_created: true,
      file_name: `made-${n}.txt`,
      relative_path: "out",
      created_at: String(Date.now()),
    };
    const folder = path.join(workspace, task, artifact.relative_path);
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, artifact.file_name), `${input} `.repeat(100000));
    return {
      output: `step ${n} of ${about}: ${input}`,
      artifacts: [artifact],
      is_last: input === "the last",
    };
  };
}

Agent.handleTask(begin, { port: Number(port), workspace }).start();
