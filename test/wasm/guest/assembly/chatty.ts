import { Job, log, Node, Placement, random } from "rota/placement";

/** Uses all that the host gives: logs, random numbers, an abort. */
@final
@policy("2.1.0", "Logs, draws and aborts.")
class Chatty extends Placement {
  @parameter(0, 2, "0 logs and draws, 1 aborts, 2 divides by zero.")
  mode: i32 = 0;
  @parameter(-1, 1, "Any number.")
  bias: f64 = 0.25;
  @parameter(0, 1, "Any flag.")
  flag: bool = true;

  score(job: Job, node: Node): f32 {
    if (this.mode == 1) throw new Error("cannot go on");
    if (this.mode == 2) return <f32>(node.totalCpus / node.row);
    if (node.row == 0) log(this.flag ? "row 0 is asked about" : "the flag is off");
    return <f32>(random() + this.bias);
  }
}
