import { Admission, listHas, mapped, Submission } from "rota/admission";

/**
 * Accounts as projects know them, and no time limit beyond the site's. A name that a project goes by becomes the account
 * that it has here; closed accounts are refused; whoever asks for more time than there is gets what there is, and is told.
 */
@final
@policy("1.0.0", "Maps account names, refuses closed ones and caps the time limit.")
class ProjectAccounts extends Admission {
  @parameter(0, 4096, "Accounts by other names, as old=new,other=new.")
  names: string = "";
  @parameter(0, 4096, "Accounts that are closed, comma separated.")
  closed: string = "";
  @parameter(0, 1, "Whether a job must name an account, or have one by default.")
  required: bool = false;
  @parameter(0, 2147483647, "The longest time limit; 0 for any.", "seconds")
  mostS: i32 = 0;
  @parameter(0, 2147483647, "The time limit of jobs that name none; 0 for the partition's.", "seconds")
  usualS: i32 = 0;

  submit(job: Submission): void {
    this.account(job);
    if (this.required && job.account == "" && job.defaultAccount == "")
      job.refuse("ACCOUNT_MISSING", "Name the account that pays: --account=NAME");
    if (job.timeLimitS < 0 && this.usualS > 0) job.timeLimitS = this.usualS;
    this.cap(job);
  }

  modify(change: Submission, job: Submission): void {
    this.account(change);
    // What an operator gives is given.
    if (!change.operator) this.cap(change);
  }

  account(job: Submission): void {
    const asked = job.account;
    if (asked == "") return;
    const other = mapped(this.names, asked);
    const account = other == "" ? asked : other;
    if (listHas(this.closed, account)) {
      job.refuse("INVALID_ACCOUNT", "Account " + asked + " is closed");
      return;
    }
    if (account != asked) job.account = account;
  }

  cap(job: Submission): void {
    if (this.mostS == 0 || job.timeLimitS <= this.mostS) return;
    job.timeLimitS = this.mostS;
    if (job.timeMinS > this.mostS) job.timeMinS = this.mostS;
    job.note("The time limit here is at most " + (this.mostS / 60).toString() + " minutes; yours is now that");
  }
}
