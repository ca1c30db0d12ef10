using System.Reflection;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Prices;
using Busbar.Configuration.Model.Providers;

namespace Busbar.Tests.Configuration;

/// <summary>
/// A key that is documented and parsed must change something: each value of the configuration is read by a component, not only shown.
/// </summary>
public sealed class EffectTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    // Read where the file is read, and there for good (they become the master key or a warning), or said of another value.
    private static readonly string[] ReadByTheBinder =
    [
        $"{nameof(GovernanceConfig)}.{nameof(GovernanceConfig.MasterKeyFile)}",
        $"{nameof(GovernanceConfig)}.{nameof(GovernanceConfig.MasterKeyEnv)}",
        $"{nameof(AuthConfig)}.{nameof(AuthConfig.IsExplicit)}",
        $"{nameof(RateCardConfig)}.{nameof(RateCardConfig.Source)}",
        $"{nameof(ProxyConfig)}.{nameof(ProxyConfig.Source)}",
        $"{nameof(ProxyConfig)}.{nameof(ProxyConfig.Address)}",
    ];

    [Fact]
    public void Every_configuration_key_has_an_effect()
    {
        HashSet<int> called = [.. CalledOutside("Busbar.Configuration", "Busbar.Tests")];

        string[] unread =
        [
            .. typeof(GatewayConfig).Assembly.GetTypes()
                .Where(type => type.Namespace == typeof(GatewayConfig).Namespace && type.Name.EndsWith("Config", StringComparison.Ordinal))
                .SelectMany(type => type.GetProperties(Declared))
                .Where(property => property.Name != "EqualityContract" && !property.GetMethod!.IsStatic
                    && !called.Contains(property.GetMethod!.MetadataToken))
                .Select(property => $"{property.DeclaringType!.Name}.{property.Name}"),
        ];

        Assert.Empty(unread.Except(ReadByTheBinder));
    }

    // Tokens behind the two instructions that call a method, wherever they seem to stand: a few too many at most.
    private static IEnumerable<int> CalledOutside(params string[] namespaces)
    {
        const byte Call = 0x28;
        const byte CallVirtual = 0x6F;
        foreach (Type type in typeof(GatewayConfig).Assembly.GetTypes()
            .Where(type => !namespaces.Any(name => type.Namespace?.StartsWith(name, StringComparison.Ordinal) ?? false)))
        {
            foreach (MethodBase method in type.GetMethods(Declared).Concat<MethodBase>(type.GetConstructors(Declared)))
            {
                byte[] code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
                for (int at = 0; at + 4 < code.Length; at++)
                {
                    if (code[at] is Call or CallVirtual)
                    {
                        yield return BitConverter.ToInt32(code, at + 1);
                    }
                }
            }
        }
    }
}
