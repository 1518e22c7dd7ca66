/** Rules of the linter for the one dialect of this code, where no rule of its own does it. */

/** A module's constants are named as all else is: `readSize`, not `READ_SIZE`. */
const camelCaseConstants = {
  create(context) {
    return {
      VariableDeclarator({ id }) {
        if (id.type === 'Identifier' && /^[A-Z][A-Z0-9_]+$/.test(id.name)) {
          context.report({ node: id, message: `Name it in camelCase, as all constants are: ${id.name}` });
        }
      },
    };
  },
};

/** A private member is `#member`, which JavaScript keeps private; only a constructor has no such form. */
const hashPrivate = {
  create(context) {
    const check = (node) => {
      if (node.accessibility === 'private' && node.kind !== 'constructor') {
        context.report({ node, message: 'Write a private member as #member' });
      }
    };
    return { MethodDefinition: check, PropertyDefinition: check };
  },
};

export default {
  meta: { name: 'dialect' },
  rules: { 'camel-case-constants': camelCaseConstants, 'hash-private': hashPrivate },
};
