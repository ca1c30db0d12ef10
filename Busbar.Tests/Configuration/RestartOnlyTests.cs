using Busbar.Configuration;
using Busbar.Configuration.Model;

namespace Busbar.Tests.Configuration;

public sealed class RestartOnlyTests
{
    [Fact]
    public void What_waits_for_a_restart_is_said_and_where_it_stands()
    {
        GatewayConfig was = Load("governance: {enabled: true, admin_token: canary-admin-token, db_path: a.db}");
        GatewayConfig will =
            Load("listen: 127.0.0.1:1\ncontrol_socket: /run/b.sock\ngovernance: {enabled: true, admin_token: another-admin-token, db_path: b.db, " +
            "admin_listen: 127.0.0.1:2, master_key_env: MASTER}");
        ConfigProblem[] problems = [.. RestartOnly.Problems(was, will)];

        Assert.Equal(["listen", "control_socket", "governance.db_path", "governance.admin_listen", "governance.master_key_file"],
            problems.Select(problem => problem.Path));
        Assert.All(problems, problem => Assert.Equal(ProblemSeverity.Warning, problem.Severity));
        Assert.All(problems.Take(4), problem => Assert.NotNull(problem.Location));
        Assert.Empty(
            RestartOnly.Problems(
            will, Load("listen: 127.0.0.1:1\ncontrol_socket: /run/b.sock\ngovernance: {enabled: true, admin_token: canary-admin-token, db_path: " +
            "b.db, admin_listen: 127.0.0.1:2, master_key_env: MASTER}")));
    }

    [Fact]
    public void Governance_is_not_switched_by_a_reload()
    {
        ConfigProblem problem = Assert.Single(RestartOnly.Problems(Load("governance: {enabled: true, admin_token: canary-admin-token}"), Load("")));

        Assert.Equal(("governance.enabled", ProblemSeverity.Error), (problem.Path, problem.Severity));
    }

    private static GatewayConfig Load(string more) =>
        ConfigText.Valid(ConfigText.With(more: more), new FakeEnvironment(("OPENAI_KEY", "k"), ("MASTER", new string('a', 64))));
}
